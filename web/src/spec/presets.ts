/** Ways to decide that owners ask for by name. Each sets a few keys of a policy and leaves the rest. */

import type { Policy } from "./document";
import { isObject } from "./document";

export interface Preset {
  readonly title: string;
  readonly description: string;
  readonly policy: Policy;
}

export const PRESETS: readonly Preset[] = [
  {
    title: "Strict, with an adjudicator",
    description: "Three people answer; unless all agree, an adjudicator decides.",
    policy: {
      redundancy: 3,
      redundancy_max: 5,
      overlap_share: 1,
      decide: { how: "unanimous", threshold: 0.9 },
    },
  },
  {
    title: "Majority of three",
    description: "Two people answer, a third breaks a tie. Labels without agreement are disputed.",
    policy: {
      redundancy: 2,
      redundancy_max: 3,
      overlap_share: 1,
      decide: { how: "share", threshold: 0.66 },
    },
  },
  {
    title: "One person, a sample by three",
    description: "One person answers; one item in ten gets three, so that agreement is measured.",
    policy: {
      redundancy: 3,
      redundancy_max: 3,
      overlap_share: 0.1,
      decide: { how: "unanimous", threshold: 0.9 },
    },
  },
  {
    title: "As sure as needed",
    description:
      "People are asked until the answer is 95 % sure, weighing each by how right they have been.",
    policy: {
      redundancy: 2,
      redundancy_max: 5,
      overlap_share: 1,
      decide: { how: "posterior", threshold: 0.95 },
    },
  },
  {
    title: "Subjective",
    description: "Five people answer; their differences are the result. Nothing is adjudicated.",
    policy: {
      redundancy: 5,
      redundancy_max: 5,
      overlap_share: 1,
      decide: { how: "subjective", threshold: 0.9 },
    },
  },
];

export function applyPreset(policy: Policy, preset: Preset): Policy {
  return { ...policy, ...preset.policy };
}

/** Return the preset that a policy is, whatever its other keys say; undefined if it is none. */
export function presetOf(policy: Policy, defaults: Policy): Preset | undefined {
  const complete = { ...defaults, ...policy };
  return PRESETS.find((preset) => includes(complete, preset.policy));
}

function includes(value: unknown, part: unknown): boolean {
  if (!isObject(part)) {
    return value === part;
  }
  return isObject(value) && Object.entries(part).every(([key, own]) => includes(value[key], own));
}
