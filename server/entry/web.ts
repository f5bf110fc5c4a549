import { main } from "../web";
import { run } from "./run";

run("web", main);
