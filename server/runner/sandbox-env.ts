import { existsSync } from "node:fs";
import { inside, type PackageSettings } from "./sandbox-types";

/** Where the checking proxy is inside; steps find it by the variables that every HTTP client knows. */
export const egressPort = 3128;

/**
 * Where the operator has named the certificates to trust, steps trust them too: most Python clients bring a list of their own, which knows
 * nothing of a company's. `isHidden`: the file must be shown to the sandbox. Null: nothing was named.
 */
export function operatorCertificates({ certFile }: Pick<PackageSettings, "certFile">): { file: string; isHidden: boolean; variables: Record<string, string> } | null {
  if (!certFile?.startsWith("/") || !existsSync(certFile)) return null;
  const names = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
  return { file: certFile, isHidden: !/^\/(?:usr|etc\/ssl\/certs)\//.test(certFile), variables: Object.fromEntries(names.map((name) => [name, certFile])) };
}

/** The variables of a step: made up here, never inherited from the server. */
export function stepEnv({ trackingUri, hasEnvironment, hasEgress, extra }: { trackingUri: string; hasEnvironment: boolean; hasEgress: boolean; extra: Record<string, string> }): Record<string, string> {
  const proxy = `http://127.0.0.1:${egressPort}`;
  return {
    ...allowed(extra),
    PATH: `${hasEnvironment ? `${inside.env}/bin:` : ""}/usr/local/bin:/usr/bin:/bin`,
    HOME: inside.home,
    USER: "user",
    LOGNAME: "user",
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    TMPDIR: inside.tmp,
    MLFLOW_TRACKING_URI: trackingUri,
    // Tracking calls must not go to the proxy: it refuses every address of this machine.
    NO_PROXY: "127.0.0.1,localhost,::1",
    no_proxy: "127.0.0.1,localhost,::1",
    ...(hasEnvironment ? { VIRTUAL_ENV: inside.env } : {}),
    ...(hasEgress ? { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy } : {}),
  };
}

/** Variables of the dynamic linker would act on bubblewrap itself. */
export function allowed(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^(LD_|GLIBC_|GCONV_|BASH_ENV$|ENV$)/.test(name)));
}

/** Exactly these, for a child process: frameworks declare NODE_ENV as always there, and a step has none. */
export const processEnv = (variables: Record<string, string>): NodeJS.ProcessEnv => variables as unknown as NodeJS.ProcessEnv;
