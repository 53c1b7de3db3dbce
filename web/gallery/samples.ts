import type { FieldDefinition, Payload } from "../src/widgets/widget";

export interface FieldSample {
  readonly field: FieldDefinition;
  readonly payload: Payload;
  readonly value?: unknown;
  readonly order?: readonly string[];
  readonly error?: string;
}

export interface Samples {
  readonly fields: readonly FieldSample[];
  readonly payloads: Payload;
}

export async function readSamples(only: string | null): Promise<Samples> {
  const response = await fetch("./samples.json");
  const { fields, payloads }: Samples = await response.json();
  if (only === null) return { fields, payloads };
  return {
    fields: fields.filter(({ field }) => field.name === only),
    payloads: Object.fromEntries(Object.entries(payloads).filter(([key]) => key === only)),
  };
}
