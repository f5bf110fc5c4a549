import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

type Service = {
  image: string;
  user?: string;
  init?: boolean;
  network_mode?: string;
  command?: string[];
  environment: Record<string, string>;
  volumes: string[];
  ports?: string[];
  security_opt: string[];
};

const compose = parse(read("docker-compose.yml"), { merge: true }) as { services: Record<"web" | "runner" | "postgres", Service>; volumes: Record<string, unknown> };
const { web, runner, postgres } = compose.services;
const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
const instructions = read("Dockerfile").replace(/\\\n/g, " ").split("\n").filter((line) => /^[A-Z]+ /.test(line));

test("web and runner are apart and meet in PostgreSQL and one data folder", () => {
  expect(Object.keys(compose.services).sort()).toEqual(["postgres", "runner", "web"]);
  expect([web.environment.SERVICES, runner.environment.SERVICES]).toEqual(["web", "runner"]);
  expect(runner.environment.DATABASE_URL).toBe(web.environment.DATABASE_URL);
  expect(web.environment.DATABASE_URL).toMatch(/^postgresql:\/\/flowbook:\S+@postgres:5432\/flowbook$/);
  expect(runner.volumes).toEqual(web.volumes);
  expect(web.volumes).toContain(`data:${web.environment.FLOWBOOK_DATA}`);
  for (const volume of [...web.volumes, ...postgres.volumes]) expect(compose.volumes).toHaveProperty(String(volume.split(":")[0]));
});

test("nothing runs as root, and nothing but web is published, on loopback", () => {
  for (const service of [web, runner, postgres]) {
    expect(service.user).toMatch(/^(flowbook|postgres)$/);
    expect(service.security_opt).toContain("no-new-privileges:true");
  }
  expect(instructions.filter((line) => line.startsWith("USER ")).at(-1)).toBe("USER flowbook");
  expect(web.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
  expect([runner.ports, postgres.ports]).toEqual([undefined, undefined]);
});

test("the runner alone is given what bubblewrap needs", () => {
  expect(runner.security_opt).toEqual(expect.arrayContaining(["seccomp=docker/seccomp.json", "apparmor=unconfined", "systempaths=unconfined"]));
  expect(web.security_opt).toEqual(["no-new-privileges:true"]);
  expect(runner.network_mode).toBe("service:web");

  const { syscalls } = JSON.parse(read("docker/seccomp.json")) as { syscalls: { names: string[]; action: string }[] };
  const refused = syscalls.filter((s) => s.action !== "SCMP_ACT_ALLOW").flatMap((s) => s.names);
  for (const call of ["clone", "clone3", "unshare", "mount", "umount2", "pivot_root"]) expect(refused).not.toContain(call);
  for (const call of ["bpf", "kexec_load", "init_module", "ptrace", "io_uring_setup"]) expect(refused).toContain(call);
});

test("every command and every file that Docker is told of exists", () => {
  const commands = [web.command, runner.command, JSON.parse(instructions.filter((line) => line.startsWith("CMD ")).at(-1)?.slice(4) ?? "[]") as string[]];
  for (const command of commands) {
    expect(command?.[0]).toBe("npm");
    expect(scripts).toHaveProperty(command?.at(-1) ?? "");
  }
  expect(web.init && runner.init).toBe(true);
  for (const [, name] of read("Dockerfile").matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(String(name));

  const stages = instructions.flatMap((line) => /^FROM \S+ AS (\S+)/.exec(line)?.[1] ?? []);
  for (const line of instructions.filter((l) => l.startsWith("COPY "))) {
    const from = /--from=(\S+)/.exec(line)?.[1];
    if (from) expect(stages).toContain(from);
    else for (const source of line.split(/\s+/).filter((word) => !word.startsWith("--")).slice(1, -1)) expect(existsSync(new URL(`../${source}`, import.meta.url)), source).toBe(true);
  }
  const entry = JSON.parse(instructions.find((line) => line.startsWith("ENTRYPOINT "))?.slice(11) ?? "[]") as string[];
  expect(existsSync(new URL(`../${entry.at(-1)}`, import.meta.url))).toBe(true);
});
