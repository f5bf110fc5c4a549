/** Longer than any name that a person is asked for, shorter than what makes a hash expensive. */
export const passwordRule = { min: 10, max: 200 } as const;

/** Colours of people, in the order in which they are given out; tokens --person-* of the look. */
export const personColors = ["teal", "amber", "rose", "sky", "olive", "plum", "brick", "slate"] as const;
