/* Who may import whom (docs/architecture.md). scripts/check-imports.test.ts plants a breach of each rule and sees it caught. */
const doors = "^server/(trpc|rest|api|realtime|runner|transfer)/";
const tests = "\\.test\\.tsx?$";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: { path: "^(app|components|common|server)/" }, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "common-stands-alone", severity: "error", from: { path: "^common/" }, to: { path: "^(app|components|server|generated)/" } },
    { name: "components-see-types-only", severity: "error", from: { path: "^components/", pathNot: tests }, to: { path: "^(server|generated)/", dependencyTypesNot: ["type-only"] } },
    { name: "components-are-not-screens", severity: "error", from: { path: "^components/" }, to: { path: "^app/" } },
    {
      name: "app-reads-front-doors", severity: "error", from: { path: "^app/" },
      to: { path: "^server/", pathNot: ["^server/domain/[^/]+/index\\.ts$", "^server/(ctx|access|errors|env|log)\\.ts$", "^server/auth/index\\.ts$"], dependencyTypesNot: ["type-only"] },
    },
    { name: "domain-knows-no-door", severity: "error", from: { path: "^server/domain/", pathNot: tests }, to: { path: `^(app|components)/|${doors}|^server/(http|auth|supervisor|shim)/` } },
    { name: "domain-knows-no-framework", severity: "error", from: { path: "^server/domain/" }, to: { path: "node_modules/(next|react|@trpc|ws|node-pty)/" } },
    { name: "shim-stands-alone", severity: "error", from: { path: "^server/shim/" }, to: { path: "^(app|components|generated|server)/", pathNot: "^server/shim/" } },
    { name: "nobody-imports-the-shim", severity: "error", from: { pathNot: "^server/shim/" }, to: { path: "^server/shim/" } },
    { name: "only-the-shim-has-ptys", severity: "error", from: { pathNot: "^server/shim/" }, to: { path: "node_modules/node-pty/" } },
    { name: "doors-are-strangers", severity: "error", from: { path: doors, pathNot: tests }, to: { path: doors, pathNot: "^server/$1/" } },
    { name: "gc-is-last", severity: "error", from: { path: "^server/domain/", pathNot: "^server/domain/gc/" }, to: { path: "^server/domain/gc/" } },
    { name: "front-doors", severity: "error", from: { pathNot: `^server/domain/|${tests}` }, to: { path: "^server/domain/[^/]+/", pathNot: "/index\\.ts$" } },
    { name: "front-doors-inside", severity: "error", from: { path: "^server/domain/([^/]+)/" }, to: { path: "^server/domain/[^/]+/", pathNot: ["^server/domain/$1/", "/index\\.ts$"] } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules|^generated" },
    exclude: { path: "^(\\.next|dist|data)/" },
  },
};
