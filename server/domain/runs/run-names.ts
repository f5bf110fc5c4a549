const adjectives = `able amused bold brave bright bustling calm capable caring classy clean clever crisp dapper dazzling eager fearless funny gentle gifted
glad graceful grand handsome happy honest humble intent jolly judicious kind learned lively loud lucky merry mighty monumental nosy omniscient orderly
painted placid polite popular powerful proud quick rare righteous salty secretive sincere skillful smiling spiffy stately sturdy tasteful thoughtful
traveling trusting upbeat valuable victorious vaunted wise worried youthful zealous`.split(/\s+/);
const nouns = `ant ape asp auk bass bat bear bee bird bug calf carp cat chimp cod colt conch cow crab crane crow cub deer doe dog dove duck eel elk fawn finch
fish flea fly foal fowl fox frog gnat goat goose grouse grub gull hare hawk hen hog horse hound jay kit kite koi lamb lark loon lynx mare midge mink mole
moose moth mouse mule newt owl ox panda perch pig pug quail ram rat ray robin roo seal shad sheep shrew shrike skunk sloth slug snail snake snipe sow sponge
squid squirrel stag steed stork swan toad trout turtle vole wasp whale wolf worm wren yak zebra`.split(/\s+/);

/** A name such as `brave-otter-123`, at most 20 characters, for a run that was given none. */
export function newRunName(): string {
  for (;;) {
    const name = `${pick(adjectives)}-${pick(nouns)}-${Math.floor(Math.random() * 1000)}`;
    if (name.length <= 20) return name;
  }
}

const pick = (words: string[]) => words[Math.floor(Math.random() * words.length)] ?? "run";
