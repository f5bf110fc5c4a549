import { resolve } from "node:path";
import { RestClient } from "../rest-client";
import type { Source } from "../types";
import { HttpSource } from "./http-source";
import { openPostgres } from "./postgres-reader";
import { openSqlSource } from "./sql-source";
import { openSqlite } from "./sqlite-reader";

export type SourceAddress = { uri: string; artifactsRoot?: string; /** One of MLflow's own workspaces. */ fromWorkspace?: string; auth?: { username?: string; password?: string; token?: string } };

/** Opens what an address names: http(s)://…, sqlite:///path or postgresql://…. @throws Error in words for a person. */
export async function openSource({ uri, artifactsRoot, fromWorkspace, auth }: SourceAddress): Promise<Source> {
  const root = artifactsRoot === undefined ? undefined : resolve(artifactsRoot.replace(/^file:\/\//, ""));
  if (/^https?:\/\//i.test(uri)) return new HttpSource(new RestClient(uri, auth, fromWorkspace));
  const workspace = fromWorkspace ?? "default";
  const sqlite = /^sqlite:\/\/\/(.+)$/.exec(uri);
  if (sqlite) return openSqlSource({ reader: openSqlite(resolve(sqlite[1] ?? "")), label: `sqlite:///${resolve(sqlite[1] ?? "")}`, artifactsRoot: root, workspace });
  if (/^postgres(ql)?(\+\w+)?:\/\//.test(uri)) return openSqlSource({ reader: await openPostgres(uri), label: withoutPassword(uri), artifactsRoot: root, workspace });
  if (/^(mysql|mssql|oracle)/.test(uri)) throw new Error("MySQL and SQL Server stores are read through their MLflow server: give its http address.");
  throw new Error(`'${uri}' is no address of a tracking store. Write http(s)://…, sqlite:///path or postgresql://…. For a folder of files (mlruns), start "mlflow server --backend-store-uri <folder>" and give its http address.`);
}

const withoutPassword = (uri: string) => uri.replace(/:[^:@/]*@/, ":…@");
