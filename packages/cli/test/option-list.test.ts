// Every option says what it means, wherever it is written, and the commands show it.
import { pipelineSchema } from '@shardmill/runtime/config-schema'
import { formats, stages } from '@shardmill/stages'
import { classifierConfig } from '@shardmill/stages/classify/training-config'
import { trainingSchema } from '@shardmill/tokenizer/training-config'
import { trainSchema } from '@shardmill/train/config-schema'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { optionList, schemaOf, type JsonSchema } from '../src/option-list.ts'

const files = {
  'pipeline file': pipelineSchema,
  'training file': trainSchema,
  "tokenizer's file": trainingSchema,
  "classifier's file": classifierConfig,
}

/** Paths of options without a description, through objects, alternatives and lists. */
function undescribed(schema: JsonSchema, path = ''): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const place = path === '' ? key : `${path}.${key}`
    const isSilent = (option.description ?? '').length < 10
    return [...(isSilent ? [place] : []), ...undescribed(option, place)]
  })
  const parts = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])]
  return own.concat(parts.flatMap((part) => undescribed(part, path)))
}

test.each(Object.entries(files))('every key of a %s has a description', (_name, schema) => {
  expect(undescribed(schemaOf(schema))).toEqual([])
})

const loaders = Object.entries({ ...stages, ...formats })
test.each(loaders)('every option of %s has a description', async (_name, load) => {
  const { options } = await load()
  expect(undescribed(schemaOf(options))).toEqual([])
})

describe('optionList', () => {
  const schema = z.strictObject({
    path: z.string().describe('Where it lies.'),
    share: z.number().min(0).max(1).default(0.5).describe('How much of it.'),
    kinds: z
      .array(z.enum(['a', 'b']))
      .optional()
      .describe('Which of them.'),
    inner: z
      .strictObject({ count: z.int().min(1).default(3).describe('How many.') })
      .prefault({})
      .describe('What is inside.'),
    either: z
      .union([z.literal('auto'), z.strictObject({ size: z.int().describe('How big.') })])
      .default('auto')
      .describe('One or the other.'),
  })

  test('shows name, type, range, default and meaning, and what is inside further in', () => {
    expect(optionList(schemaOf(schema))).toBe(`\
  path: string (required)
      Where it lies.
  share: number from 0 to 1 = 0.5
      How much of it.
  kinds: list of "a" | "b" (optional)
      Which of them.
  inner: object
      What is inside.
      count: integer from 1 = 3
          How many.
  either: "auto" | object = "auto"
      One or the other.
      size: integer (required)
          How big.
`)
  })

  test('breaks long meanings before column 100', () => {
    const long = z.strictObject({ key: z.string().describe('word '.repeat(60).trim()) })
    const lines = optionList(schemaOf(long)).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(lines.slice(1).every((line) => line.startsWith('      word'))).toBe(true)
  })

  test('says so when there are none', () => {
    expect(optionList(schemaOf(z.strictObject({})))).toBe('  no options\n')
  })
})
