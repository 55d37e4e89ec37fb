/**
 * Security contexts of Pods and containers, as on the wire: the fields that Pod Security admission looks at.
 */

export interface SeLinuxOptions {
  readonly type?: string;
  readonly user?: string;
  readonly role?: string;
}

/** Of seccomp and AppArmor alike. */
export interface ConfinementProfile {
  readonly type?: string;
}

/** What a container may set, and a Pod for all of its containers. */
interface SharedSecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seLinuxOptions?: SeLinuxOptions;
  readonly seccompProfile?: ConfinementProfile;
  readonly appArmorProfile?: ConfinementProfile;
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

export interface PodSecurityContext extends SharedSecurityContext {
  readonly sysctls?: readonly { readonly name: string }[];
}

export interface ContainerSecurityContext extends SharedSecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}
