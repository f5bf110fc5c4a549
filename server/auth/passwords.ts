import { passwordRule } from "@/common/secrets";
import { invalid } from "../errors";
import { getAuth } from "./better-auth";

/** What is stored of a new password. @throws DomainError `invalid` for one that is too short or too long. */
export async function hashPassword(password: string): Promise<string> {
  const message = `Password must be at least ${passwordRule.min} characters, and at most ${passwordRule.max}.`;
  if (password.length < passwordRule.min || password.length > passwordRule.max) throw invalid(message, [{ field: "password", message }]);
  return (await (await getAuth()).$context).password.hash(password);
}

export async function isPassword(hash: string, password: string): Promise<boolean> {
  return password.length <= passwordRule.max && (await (await getAuth()).$context).password.verify({ hash, password });
}
