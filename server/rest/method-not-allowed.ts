import { DomainError } from "@/server/errors";

/** A path that is there, asked by a method that it does not have: 405, in the envelope all the same. */
export class MethodNotAllowed extends DomainError {
  constructor(
    method: string,
    readonly allowed: string[],
  ) {
    super("not_found", `The method ${method.slice(0, 20)} is not allowed for this URL.`, { errorCode: "ENDPOINT_NOT_FOUND" });
  }
}
