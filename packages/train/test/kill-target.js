// A run that saves a checkpoint after every step, to be killed: node kill-target.js CONFIG.json
import { readFileSync } from 'node:fs'
import { openSession } from '@shardmill/train/loop/session'
import { train } from '@shardmill/train/loop/train'

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const session = await openSession(config)
const observer = { checkpoint: (path) => process.stdout.write(`${path}\n`) }
await train(session, observer, { resume: true, now: Date.now })
process.exit(0)
