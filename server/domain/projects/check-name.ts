import { invalid } from "@/server/errors";

/** A project's name stands in addresses and is its experiment's name. @throws DomainError `invalid` with the mend. */
export function checkProjectName(name: string): string {
  const problem = nameProblem(name);
  if (problem) throw invalid(problem, [{ field: "name", message: problem }]);
  return name.trim();
}

function nameProblem(given: string): string | null {
  const name = given.trim();
  if (name === "") return "A project needs a name. Write one such as my-project.";
  if (name.length > 100) return `A project's name has up to 100 characters; this one has ${name.length}. Shorten it.`;
  if (/[/\\?#%]/.test(name)) return "A project's name stands in addresses, so it cannot hold / \\ ? # or %. Use letters, digits, spaces, - or _.";
  if (/[\u0000-\u001f\u007f]/.test(name) || !name.isWellFormed()) return "A project's name cannot hold control characters. Leave them out.";
  if (/^\.+$/.test(name)) return "A project's name cannot be dots alone. Use letters, digits, - or _.";
  if (/^prj_[0-9a-z]*$/.test(name)) return "Names that begin with prj_ are ids. Choose another.";
  if (name === "new") return "'new' is an address of its own. Choose another name.";
  return null;
}
