/** The one client of the service's API, typed by its own description (web/openapi.json). */
import createClient from 'openapi-fetch'
import { ApiProblem, type Problem, Unreachable } from './problem'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** What the service calls a thing that it answers with: `View<'AlertView'>`. */
export type View<Name extends keyof Schemas> = Schemas[Name]

async function fetchOrSay(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable(error)
  }
}

/** Called with every answer that nobody signed in gets; the session decides what follows. */
const onSignedOut = new Set<() => void>()

export function whenSignedOut(listener: () => void): () => void {
  onSignedOut.add(listener)
  return () => onSignedOut.delete(listener)
}

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  credentials: 'same-origin',
  fetch: fetchOrSay,
})

interface Answer<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** What was answered; throws ApiProblem for every refusal, so that Query and error boundaries see it. */
export async function ask<Data>(answering: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answering
  if (response.ok) return data as Data
  const problem = toProblem(error, response)
  if (response.status === 401 && !problem.type.endsWith(':code-needed')) for (const listener of onSignedOut) listener()
  throw new ApiProblem(problem)
}

function toProblem(error: unknown, response: Response): Problem {
  if (typeof error === 'object' && error !== null && 'type' in error && 'detail' in error) return error as Problem
  const title = response.statusText || `HTTP ${response.status}`
  const about = { type: 'about:blank', instance: response.url, request_id: '', errors: null, checks: null }
  return { ...about, title, status: response.status, detail: title }
}
