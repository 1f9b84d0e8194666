/** What the addresses of pages carry after `?`. Whatever else somebody writes there is left out. */
import type { Sought } from '@/features/events/sought'

type Given = Record<string, unknown>

function choose<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice | undefined {
  return choices.find((each) => each === value)
}

/** Where to go after signing in: a page of the console, never another host. */
export function signIn(given: Given): { next?: string } {
  const { next } = given
  return typeof next === 'string' && /^\/console\/[^\\]*$/.test(next) ? { next } : {}
}

export const ALERT_STATES = ['raised', 'acknowledged', 'dismissed'] as const

export function alerts(given: Given): { state?: (typeof ALERT_STATES)[number] } {
  const state = choose(given.state, ALERT_STATES)
  return state ? { state } : {}
}

/** Numbers are read as such from an address: `q=118` is a word all the same. */
function read(value: unknown, form: RegExp): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && form.test(text) ? text : undefined
}

const ID = /^[0-9A-Za-z_-]{1,64}$/
const MARK = /^[^\p{Cc}]{1,64}$/u
const WORDS = /^[^\p{Cc}]{1,200}$/u
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/

function withoutGaps<Found extends Record<string, unknown>>(found: Found) {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

export function events(given: Given): Sought {
  const at = read(given.at, MINUTE)
  return withoutGaps({
    camera: read(given.camera, ID),
    at: at && !Number.isNaN(Date.parse(at)) ? at : undefined,
    q: read(given.q, WORDS),
    concept: read(given.concept, MARK),
    label: read(given.label, MARK),
    score: SCORES.find((each) => each === given.score),
  })
}

const SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

export const CLIP_STATES = ['stored', 'analyzing', 'analyzed', 'failed'] as const

export function clips(given: Given): { state?: (typeof CLIP_STATES)[number] } {
  const state = choose(given.state, CLIP_STATES)
  return state ? { state } : {}
}

/** Where in the clip one begins, in seconds. */
export function clip(given: Given): { at?: number } {
  return typeof given.at === 'number' && given.at > 0 ? { at: given.at } : {}
}
