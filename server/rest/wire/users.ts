import { z } from "zod";
import { bool, required, text } from "./fields";

const username = { username: required };

export const byUsername = z.object(username);
export const createUser = z.object({ ...username, password: required });
export const updatePassword = z.object({ ...username, password: required, current_password: text });
export const updateAdmin = z.object({ ...username, is_admin: bool });
export const nothing = z.object({});
