import type { components } from './schema'

export type Problem = components['schemas']['Problem']

/** A refusal of the service (RFC 9457). `kind` is the last word of its type, such as `not-found`. */
export class ApiProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ApiProblem'
    this.problem = problem
  }

  get kind(): string {
    return this.problem.type.split(':').at(-1) ?? ''
  }

  get status(): number {
    return this.problem.status
  }

  /** What is wrong with one field of what was sent, such as `name`; undefined when it is fine. */
  findFieldError(field: string): string | undefined {
    return this.problem.errors?.find((each) => each.field === `body.${field}`)?.message
  }
}

/** No answer came. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The service does not answer.', { cause })
    this.name = 'Unreachable'
  }
}

/** Whether it may go better without anybody doing something about it. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof ApiProblem) return [429, 502, 503, 504].includes(error.status)
  return error instanceof Unreachable
}
