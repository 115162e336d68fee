// The script of every UTF-16 unit in one table lookup, and the labels that each script allows.
// About twenty-five scripts write one language of ours only; for them the histogram is the answer.
// Ranges: Unicode 15 block chart. Surrogates count as Han when they lead into planes 2 and 3.

export const scriptNames = [
  'none', 'Latn', 'Cyrl', 'Arab', 'Deva', 'Hani', 'Kana', 'Hang', 'Grek', 'Hebr', 'Armn', 'Geor',
  'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt', 'Ethi', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu',
  'Knda', 'Mlym', 'Sinh', 'Thaa', 'Syrc', 'Cher', 'Cans', 'Mong', 'Tfng', 'Olck', 'Nkoo', 'Bopo',
  'Yiii',
] as const // prettier-ignore

export type ScriptName = (typeof scriptNames)[number]

const ranges: readonly (readonly [number, number, ScriptName])[] = [
  [0x41, 0x5a, 'Latn'], [0x61, 0x7a, 'Latn'], [0xaa, 0xaa, 'Latn'], [0xba, 0xba, 'Latn'],
  [0xc0, 0xd6, 'Latn'], [0xd8, 0xf6, 'Latn'], [0xf8, 0x2b8, 'Latn'], [0x370, 0x3ff, 'Grek'],
  [0x400, 0x52f, 'Cyrl'], [0x531, 0x587, 'Armn'], [0x591, 0x5f4, 'Hebr'], [0x610, 0x61a, 'Arab'],
  [0x620, 0x65f, 'Arab'], [0x66e, 0x6d3, 'Arab'], [0x6d5, 0x6ed, 'Arab'], [0x6fa, 0x6ff, 'Arab'],
  [0x700, 0x74f, 'Syrc'], [0x750, 0x77f, 'Arab'], [0x780, 0x7bf, 'Thaa'], [0x7c0, 0x7ff, 'Nkoo'],
  [0x8a0, 0x8ff, 'Arab'], [0x900, 0x963, 'Deva'], [0x970, 0x97f, 'Deva'], [0x980, 0x9e3, 'Beng'],
  [0x9f0, 0x9ff, 'Beng'], [0xa01, 0xa5f, 'Guru'], [0xa70, 0xa7f, 'Guru'], [0xa81, 0xae3, 'Gujr'],
  [0xb01, 0xb63, 'Orya'], [0xb82, 0xbe5, 'Taml'], [0xc00, 0xc63, 'Telu'], [0xc80, 0xce3, 'Knda'],
  [0xd00, 0xd65, 'Mlym'], [0xd81, 0xdff, 'Sinh'], [0xe01, 0xe4e, 'Thai'], [0xe81, 0xece, 'Laoo'],
  [0xf00, 0xf1f, 'Tibt'], [0xf35, 0xfff, 'Tibt'], [0x1000, 0x103f, 'Mymr'], [0x1050, 0x109f, 'Mymr'],
  [0x10a0, 0x10ff, 'Geor'], [0x1100, 0x11ff, 'Hang'], [0x1200, 0x137f, 'Ethi'], [0x13a0, 0x13ff, 'Cher'],
  [0x1401, 0x167f, 'Cans'], [0x1780, 0x17d3, 'Khmr'], [0x1820, 0x18af, 'Mong'], [0x1c50, 0x1c7f, 'Olck'],
  [0x1c80, 0x1c8f, 'Cyrl'], [0x1e00, 0x1eff, 'Latn'], [0x1f00, 0x1fff, 'Grek'], [0x2d30, 0x2d7f, 'Tfng'],
  [0x2d80, 0x2ddf, 'Ethi'], [0x2de0, 0x2dff, 'Cyrl'], [0x3005, 0x3007, 'Hani'], [0x3041, 0x309f, 'Kana'],
  [0x30a1, 0x30fa, 'Kana'], [0x30fc, 0x30ff, 'Kana'], [0x3105, 0x312f, 'Bopo'], [0x3131, 0x318e, 'Hang'],
  [0x3400, 0x4dbf, 'Hani'], [0x4e00, 0x9fff, 'Hani'], [0xa000, 0xa4cf, 'Yiii'], [0xa640, 0xa69f, 'Cyrl'],
  [0xa722, 0xa7ff, 'Latn'], [0xab70, 0xabbf, 'Cher'], [0xac00, 0xd7a3, 'Hang'], [0xd840, 0xd8bf, 'Hani'],
  [0xf900, 0xfaff, 'Hani'], [0xfb13, 0xfb17, 'Armn'], [0xfb1d, 0xfb4f, 'Hebr'], [0xfb50, 0xfdff, 'Arab'],
  [0xfe70, 0xfefc, 'Arab'], [0xff21, 0xff3a, 'Latn'], [0xff41, 0xff5a, 'Latn'], [0xff66, 0xff9d, 'Kana'],
] // prettier-ignore

/** Index into `scriptNames` of each UTF-16 unit; 0 for everything that is not a letter or mark. */
export const scriptOfUnit: Uint8Array = buildTable()

/** Scripts that decide a language alone (among the languages of `languageLabels`). */
export const singleScriptLanguages: Readonly<Partial<Record<ScriptName, string>>> = {
  Hang: 'ko', Grek: 'el', Armn: 'hy', Geor: 'ka', Thai: 'th', Laoo: 'lo', Khmr: 'km', Mymr: 'my',
  Guru: 'pa', Gujr: 'gu', Orya: 'or', Taml: 'ta', Telu: 'te', Knda: 'kn', Mlym: 'ml', Sinh: 'si',
  Thaa: 'dv', Syrc: 'syr', Cher: 'chr', Cans: 'iu', Mong: 'mn-Mong', Tfng: 'zgh', Olck: 'sat',
  Nkoo: 'nqo', Yiii: 'ii',
} // prettier-ignore

function buildTable(): Uint8Array {
  const table = new Uint8Array(0x10000)
  for (const [from, to, name] of ranges) table.fill(scriptNames.indexOf(name), from, to + 1)
  return table
}
