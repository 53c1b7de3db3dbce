import { describe, expect, it } from "vitest";
import { bindKeys, conflictOf, keyName, keyOfCommand } from "./keys";

const pressed = { key: "s", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
const keyOf = (key: string) => ({ key, title: key, apply: () => key });

describe("keys", () => {
  it("gives a letter to the field that claims it, and moves the command to Shift", () => {
    const claimed = [keyOf("s")];
    const bindings = bindKeys(claimed);

    expect(bindings.get("s")).toEqual({ kind: "field", fieldKey: claimed[0] });
    expect(bindings.get("S")).toEqual({ kind: "command", command: "skip" });
    expect(keyOfCommand("skip", claimed)).toBe("S");
    expect(keyOfCommand("skip", [])).toBe("s");
  });

  it("never gives Enter away", () => {
    expect(bindKeys([keyOf("Enter")]).get("Enter")).toEqual({ kind: "command", command: "submit" });
  });

  it("takes Caps Lock for no Shift", () => {
    expect(keyName({ ...pressed, key: "S" })).toBe("s");
    expect(keyName({ ...pressed, key: "S", shiftKey: true })).toBe("S");
  });

  it("leaves keys with modifiers to the browser, but for Ctrl and Enter", () => {
    expect(keyName({ ...pressed, ctrlKey: true })).toBeNull();
    expect(keyName({ ...pressed, key: "Enter", ctrlKey: true })).toBe("Enter");
  });

  it("gives a command the key that the person chose, and its default no more", () => {
    const bindings = bindKeys([], { skip: "x" });

    expect(bindings.get("x")).toEqual({ kind: "command", command: "skip" });
    expect(bindings.get("s")).toBeUndefined();
    expect(keyOfCommand("skip", [keyOf("x")], { skip: "x" })).toBe("X");
  });

  it("says in words why a command cannot have a key", () => {
    expect(conflictOf("skip", "h", {})).toContain("Show my last answers");
    expect(conflictOf("skip", "h", { history: "y" })).toBeNull();
    expect(conflictOf("skip", "1", {})).toContain("used by fields");
    expect(conflictOf("skip", "Enter", {})).toContain("used by fields");
    expect(conflictOf("submit", "x", {})).toContain("always");
    expect(conflictOf("skip", "F2", {})).toBeNull();
  });
});
