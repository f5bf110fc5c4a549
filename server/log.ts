import pino from "pino";
import { env } from "./env";

/** One JSON line for each event, with ids; never file contents, tokens or parameter values. A refusal is info, a bug is error. */
export const log = pino({ level: env().logLevel, base: { service: env().service } });
