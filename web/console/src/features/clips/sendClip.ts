/** A file to POST /analyze. By XMLHttpRequest: fetch does not tell how much of a body has gone out. */
import { ApiProblem, type Problem, Unreachable } from '@/shared/api/problem'
import type { Send, Sent } from './uploads'

const CREATED = 202

export const sendClip: Send = (file, draft, onSent) => {
  const request = new XMLHttpRequest()
  const done = new Promise<Sent>((resolve, reject) => {
    request.upload.onprogress = ({ loaded }) => onSent(Math.min(loaded, file.size))
    request.onload = () => {
      const answer = parse(request)
      if (request.status < 300) resolve({ clip: (answer as unknown as Sent).clip, isKnown: request.status !== CREATED })
      else reject(toProblem(request, answer))
    }
    request.onerror = () => reject(new Unreachable(undefined))
    request.onabort = () => reject(new DOMException('given up', 'AbortError'))
  })
  const form = new FormData()
  if (draft.camera_id) form.set('camera_id', draft.camera_id)
  if (draft.notify) form.set('notify', draft.notify)
  form.set('file', file)
  request.open('POST', '/analyze')
  request.send(form)
  return { done, stop: () => request.abort() }
}

function parse(request: XMLHttpRequest): Record<string, unknown> | undefined {
  try {
    return JSON.parse(request.responseText)
  } catch {
    return undefined
  }
}

function toProblem(request: XMLHttpRequest, answer: Record<string, unknown> | undefined): ApiProblem {
  if (answer && 'type' in answer && 'detail' in answer) return new ApiProblem(answer as unknown as Problem)
  const title = request.statusText || `HTTP ${request.status}`
  const about = { type: 'about:blank', instance: '/analyze', request_id: '', errors: null, checks: null }
  return new ApiProblem({ ...about, title, status: request.status, detail: title })
}
