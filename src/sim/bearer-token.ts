/**
 * Authentication at the HTTPS door: fixed bearer tokens, and impersonation by an administrator.
 *
 * Reads a call's headers. Returns the user; a wrong token and no token are told apart, as the real server answers 401 and 403.
 */
import type { UserInfo } from "./api-server.ts";
import type { HttpCall } from "./http-request.ts";

const allUsers = "system:authenticated";

/** Returns who calls. */
export function authenticate(
  { authorization, impersonate }: HttpCall,
  tokens: ReadonlyMap<string, UserInfo>,
): UserInfo | "anonymous" | "unknown-token" {
  const token = /^Bearer (.+)$/.exec(authorization)?.[1];
  if (token === undefined) return "anonymous";
  const user = tokens.get(token);
  if (user === undefined) return "unknown-token";
  if (impersonate === undefined || !user.groups.includes("system:masters")) return user;
  return { username: impersonate.username, groups: [...impersonate.groups, ...serviceAccountGroups(impersonate.username), allUsers] };
}

/** A service account is in the groups of all service accounts and of its namespace's. */
function serviceAccountGroups(username: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  return namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}
