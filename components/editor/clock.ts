/** The time of day to the second, such as 14:05:12. */
export const formatClock = (ms: number): string => new Date(ms).toLocaleTimeString("en-GB", { hour12: false });
