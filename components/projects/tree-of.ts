import type { FileEntry } from "@/server/domain/files";

export type TreeNode = { name: string; file?: FileEntry; children: TreeNode[] };

/** Files as a tree: MLproject and README first, then folders, then files, each by name. */
export function treeOf(files: readonly FileEntry[]): TreeNode[] {
  const root: TreeNode = { name: "", children: [] };
  for (const file of files) {
    const parts = file.path.split("/");
    let at = root;
    for (const part of parts.slice(0, -1)) {
      let next = at.children.find((c) => !c.file && c.name === part);
      if (!next) at.children.push((next = { name: part, children: [] }));
      at = next;
    }
    at.children.push({ name: parts.at(-1) ?? "", file, children: [] });
  }
  sort(root);
  return root.children;
}

function sort(node: TreeNode): void {
  const rank = (n: TreeNode) => (/^mlproject$/i.test(n.name) ? 0 : /^readme/i.test(n.name) ? 1 : n.file ? 3 : 2);
  node.children.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
  for (const child of node.children) sort(child);
}
