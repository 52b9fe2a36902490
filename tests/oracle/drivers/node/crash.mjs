/** A crash of a scenario; its text is what is compared. */
export class Crash extends Error {}
