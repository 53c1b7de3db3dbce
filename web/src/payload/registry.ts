/** Which viewer shows which kind of payload. A kind is one line here and one folder beside this file. */

import { lazy } from "react";
import { Json } from "./json/json";
import type { PayloadKind, View } from "./payload";
import { Text } from "./text/text";

/** The two that most projects need come with the screen; others are loaded at their first use. */
export const VIEWS: Readonly<Record<PayloadKind, View | ReturnType<typeof lazy<View>>>> = {
  text: Text,
  json: Json,
  audio: lazy(async () => ({ default: (await import("./audio/audio")).Audio })),
  chat: lazy(async () => ({ default: (await import("./chat/chat")).Chat })),
  html: lazy(async () => ({ default: (await import("./html/html")).Html })),
  image: lazy(async () => ({ default: (await import("./image/image")).Image })),
  markdown: lazy(async () => ({ default: (await import("./markdown/markdown")).Markdown })),
};
