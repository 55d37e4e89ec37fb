/**
 * Class report: what a NodeClass says to the nine questions that every NodeClass answers.
 *
 * Reads an EC2NodeClass or a NodeClass of EKS Auto Mode. Returns rows of words; what Auto Mode does not let one choose says so.
 */
import type { AutoNodeClass } from "../../api/auto-node-class.ts";
import type { EC2NodeClass } from "../../api/ec2-node-class.ts";
import { autoModeDomain } from "../../api/labels.ts";
import { amiFamilyOf } from "../../catalog/node-settings.ts";
import type { ReportRow } from "./pool-report.ts";

const byAws = "chosen by AWS";

/** Returns the nine rows of a NodeClass, always the same questions in the same order. */
export function classReport(nodeClass: EC2NodeClass | AutoNodeClass): readonly ReportRow[] {
  const { spec } = nodeClass;
  const isAuto = nodeClass.apiVersion.startsWith(`${autoModeDomain}/`);
  const ec2 = isEc2NodeClass(nodeClass) ? nodeClass.spec : undefined;
  const tags = Object.entries(spec?.tags ?? {}).map((pair) => pair.join("="));
  const auto = isEc2NodeClass(nodeClass) ? undefined : nodeClass.spec;
  return [
    row("subnets", termsText(spec?.subnetSelectorTerms)),
    row("security groups", termsText(spec?.securityGroupSelectorTerms)),
    row("images", isAuto ? `${byAws} (Bottlerocket)` : imagesText(ec2)),
    row("role or instance profile", spec?.role ?? spec?.instanceProfile),
    row("ephemeral storage", isAuto ? (auto?.ephemeralStorage?.size ?? "80Gi by default") : ephemeralText(ec2)),
    row("block devices", isAuto ? byAws : (ec2?.blockDeviceMappings ?? []).map(deviceText).join(", ") || "those of the image family"),
    row("tags", tags.join(", ")),
    row("metadata options", isAuto ? `${byAws} (IMDSv2)` : metadataText(ec2)),
    row("kubelet", isAuto ? byAws : Object.keys(ec2?.kubelet ?? {}).join(", ") || "defaults"),
  ];
}

function isEc2NodeClass(nodeClass: EC2NodeClass | AutoNodeClass): nodeClass is EC2NodeClass {
  return !nodeClass.apiVersion.startsWith(`${autoModeDomain}/`);
}

function row(question: string, answer: string | undefined): ReportRow {
  const isOpen = answer === undefined || answer === "";
  return { question, answer: isOpen ? "not said" : answer, isOpen };
}

interface Term {
  readonly id?: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

function termsText(terms: readonly Term[] | undefined): string {
  return (terms ?? [])
    .map(
      ({ id, name, tags }) =>
        id ??
        name ??
        Object.entries(tags ?? {})
          .map((pair) => pair.join("="))
          .join(" and "),
    )
    .join(", or ");
}

type Ec2Spec = EC2NodeClass["spec"];

function imagesText(spec: Ec2Spec): string {
  const family = spec === undefined ? undefined : amiFamilyOf(spec);
  const terms = (spec?.amiSelectorTerms ?? []).map(
    ({ alias, id, name, ssmParameter, tags }) => alias ?? id ?? name ?? ssmParameter ?? Object.keys(tags ?? {}).join(" and "),
  );
  return [
    ...(terms.length === 0 ? [] : [terms.join(", or ")]),
    ...(terms.length === 0 || family === undefined ? [] : [`family ${family}`]),
  ].join("; ");
}

function ephemeralText(spec: Ec2Spec): string {
  const root = (spec?.blockDeviceMappings ?? []).find(({ rootVolume }) => rootVolume === true) ?? spec?.blockDeviceMappings?.[0];
  const volume = root?.ebs?.volumeSize ?? "20Gi by default";
  return spec?.instanceStorePolicy === undefined ? volume : `local disks as ${spec.instanceStorePolicy}, else ${volume}`;
}

function deviceText({ deviceName, ebs }: NonNullable<NonNullable<Ec2Spec>["blockDeviceMappings"]>[number]): string {
  const words = [deviceName, ebs?.volumeSize, ebs?.volumeType, ebs?.encrypted === true ? "encrypted" : "not encrypted"];
  return words.filter((word) => word !== undefined).join(" ");
}

function metadataText(spec: Ec2Spec): string {
  const { httpTokens = "required", httpPutResponseHopLimit = 1 } = spec?.metadataOptions ?? {};
  return `tokens ${httpTokens}, hop limit ${httpPutResponseHopLimit}`;
}
