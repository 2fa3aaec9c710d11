export function wholeSnapshots(transports: Transport[]): Transport[];
import type { Transport } from "./transports.js";
