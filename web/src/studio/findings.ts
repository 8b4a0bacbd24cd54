/** The state that a finding's place ("/States/A/Branches[0]/States/B/Next") is about: the innermost that it names. */
export const stateAt = (location: string | undefined): string | undefined => [...(location ?? "").matchAll(/\/States\/([^/]+)/g)].at(-1)?.[1].replaceAll("~1", "/").replaceAll("~0", "~");
