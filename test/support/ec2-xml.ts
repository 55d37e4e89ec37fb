/**
 * XML, as much of it as AWS' query protocols use: elements and text, no attributes that matter, no comments.
 *
 * Reads an answer's text. Returns a tree that is rebuilt where a stand-in mends it, and the text of a tree. Text nodes stay
 * escaped as they came, so that what is not touched goes on byte for byte.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: readonly XmlNode[];
}

export type XmlNode = XmlElement | string;

const pieces = /<(\/?)([\w:.-]+)([^>]*?)(\/?)>|([^<]+)/g;

/** Parses an answer; throws on one whose tags do not match. */
export function parseXml(text: string): XmlElement {
  const open: { readonly name: string; readonly attributes: string; readonly children: XmlNode[] }[] = [
    { name: "", attributes: "", children: [] },
  ];
  for (const [, closing, name = "", attributes = "", empty, written] of text.replace(/^\s*<\?[^>]*\?>/, "").matchAll(pieces)) {
    const top = open.at(-1)!;
    if (written !== undefined) {
      if (written.trim() !== "" || top.children.length === 0) top.children.push(written);
    } else if (closing === "/") {
      open.pop();
      if (top.name !== name || open.length === 0) throw new Error(`</${name}> closes <${top.name}>`);
      open.at(-1)!.children.push(top);
    } else if (empty === "/") top.children.push({ name, attributes, children: [] });
    else open.push({ name, attributes, children: [] });
  }
  const [root] = open;
  const found = root?.children.find((child) => typeof child !== "string");
  if (open.length !== 1 || found === undefined) throw new Error("the XML is not whole");
  return found;
}

/** Returns the text of a tree, without a declaration. */
export function xmlOf(node: XmlNode): string {
  if (typeof node === "string") return node;
  const { name, attributes, children } = node;
  return `<${name}${attributes}>${children.map(xmlOf).join("")}</${name}>`;
}

export type XmlContent = string | number | boolean | readonly XmlNode[];

/** Makes an element: of text, which is escaped, or of children. */
export function xml(name: string, content: XmlContent = []): XmlElement {
  return { name, attributes: "", children: typeof content === "object" ? content : [escaped(String(content))] };
}

/** Makes one element for each named value, in order; undefined values are left out. */
export function xmlFields(fields: Readonly<Record<string, XmlContent | undefined>>): readonly XmlElement[] {
  return Object.entries(fields).flatMap(([name, content]) => (content === undefined ? [] : [xml(name, content)]));
}

/** Makes a list as EC2 writes it. */
export function xmlSet(name: string, items: readonly (readonly XmlNode[])[]): XmlElement {
  return xml(
    name,
    items.map((item) => xml("item", item)),
  );
}

/** Makes a tag set as EC2 writes it. */
export function xmlTags(tags: Readonly<Record<string, string>>): XmlElement {
  return xmlSet(
    "tagSet",
    Object.entries(tags).map(([key, value]) => xmlFields({ key, value })),
  );
}

/** Returns the text at a path below an element; undefined where there is none. */
export function xmlText(element: XmlElement, ...path: readonly string[]): string | undefined {
  const at = path.reduce<XmlElement | undefined>((from, name) => (from === undefined ? undefined : childOf(from, name)), element);
  const [text] = at?.children ?? [];
  return typeof text === "string" ? unescaped(text) : undefined;
}

/** Returns every element at a path below an element; each name may match many. */
export function xmlAll(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (from, name) => from.flatMap(({ children }) => children.filter((child) => isElement(child, name))),
    [element],
  );
}

/** Returns the tree with each element at a path changed, or left out where the change returns undefined. */
export function xmlMapped(element: XmlElement, path: readonly string[], change: (found: XmlElement) => XmlElement | undefined): XmlElement {
  const [name, ...rest] = path;
  if (name === undefined) return change(element) ?? element;
  const children = element.children.flatMap((child) => {
    if (typeof child === "string" || child.name !== name) return [child];
    const changed = rest.length === 0 ? change(child) : xmlMapped(child, rest, change);
    return changed === undefined ? [] : [changed];
  });
  return { ...element, children };
}

/** Returns the element with these children instead of those of the same names; new ones come last. */
export function xmlWith(element: XmlElement, fields: readonly XmlElement[]): XmlElement {
  const names = new Set(fields.map(({ name }) => name));
  const kept = element.children.filter((child) => typeof child !== "string" && !names.has(child.name));
  return { ...element, children: [...kept, ...fields] };
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child): child is XmlElement => isElement(child, name));
}

function isElement(node: XmlNode, name: string): node is XmlElement {
  return typeof node !== "string" && node.name === name;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&#10;", "\n").replaceAll("&amp;", "&");
}
