import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { lastFirst, moveOffset, type Replacement, replacementsOf, smallestReplacement } from "./deltas";

const apply = (text: string, replacements: readonly Replacement[]) =>
  [...replacements].reverse().reduce((t, r) => t.slice(0, r.start) + r.text + t.slice(r.end), text);

/** What an editor does with a shared text, without the editor: its text, and changes to it by offset. */
class Side {
  readonly doc = new Y.Doc();
  readonly text = this.doc.getText("content");
  shown = "";
  constructor() {
    this.text.observe((event, transaction) => {
      if (transaction.origin === this) return;
      this.shown = apply(this.shown, replacementsOf(event.delta));
    });
  }
  /** Several carets at once, told in any order, as an editor tells them. */
  type(changes: { rangeOffset: number; rangeLength: number; text: string }[]) {
    this.shown = apply(this.shown, [...changes].sort((a, b) => a.rangeOffset - b.rangeOffset).map((c) => ({ start: c.rangeOffset, end: c.rangeOffset + c.rangeLength, text: c.text })));
    this.doc.transact(() => {
      for (const c of lastFirst(changes)) {
        if (c.rangeLength) this.text.delete(c.rangeOffset, c.rangeLength);
        if (c.text) this.text.insert(c.rangeOffset, c.text);
      }
    }, this);
  }
}

/** No editor puts a caret between the halves of a pair. */
const whole = (text: string, offset: number) => {
  const at = Math.min(offset, text.length);
  return at > 0 && at < text.length && /[\udc00-\udfff]/.test(text.charAt(at)) && /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at;
};

const edit = fc.record({ side: fc.boolean(), places: fc.array(fc.tuple(fc.nat(200), fc.nat(6), fc.string({ maxLength: 5, unit: "grapheme" })), { minLength: 1, maxLength: 3 }), sync: fc.boolean() });

test("two sides that edit at once show the same text as is shared, through any changes", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 60 }), (edits) => {
      const sides = [new Side(), new Side()] as const;
      const sync = () => {
        const [a, b] = sides;
        const toB = Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc));
        const toA = Y.encodeStateAsUpdate(b.doc, Y.encodeStateVector(a.doc));
        Y.applyUpdate(b.doc, toB);
        Y.applyUpdate(a.doc, toA);
      };
      for (const { side, places, sync: isSync } of edits) {
        const at = sides[side ? 1 : 0];
        let from = 0;
        const changes = [];
        for (const [gap, length, text] of places) {
          const rangeOffset = whole(at.shown, from + (gap % 20));
          const rangeLength = whole(at.shown, rangeOffset + length) - rangeOffset;
          if (rangeOffset < from) break;
          changes.push({ rangeOffset, rangeLength, text });
          from = rangeOffset + rangeLength + 1;
        }
        at.type(changes);
        expect(at.shown).toBe(at.text.toString());
        if (isSync) sync();
      }
      sync();
      for (const s of sides) expect(s.shown).toBe(s.text.toString());
      expect(sides[0].shown).toBe(sides[1].shown);
    }),
    { numRuns: 300 },
  );
});

test("a caret stays before what another types at the same spot, and follows what changes before it", () => {
  const insert = replacementsOf([{ retain: 3 }, { insert: "xy" }]);
  expect([2, 3, 4].map((o) => moveOffset(o, insert))).toEqual([2, 3, 6]);
  const cut = replacementsOf([{ retain: 2 }, { delete: 3 }]);
  expect([1, 2, 4, 5, 9].map((o) => moveOffset(o, cut))).toEqual([1, 2, 2, 2, 6]);
});

test("the smallest replacement turns one text into the other and never halves a character pair", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "😀", "😁", "\n"), maxLength: 12 });
  fc.assert(
    fc.property(letters, letters, (before, after) => {
      const r = smallestReplacement(before, after);
      expect(r === null).toBe(before === after);
      if (!r) return;
      expect(apply(before, [r])).toBe(after);
      expect(before.slice(0, r.start).isWellFormed() && before.slice(r.end).isWellFormed() && r.text.isWellFormed()).toBe(true);
    }),
  );
});
