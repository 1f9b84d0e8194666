import { ApiProblem, Unreachable } from '@/shared/api/problem'
import { catalogue } from './catalogue'

export const problemWords = catalogue({
  en: {
    unreachable: 'The service does not answer. Is it running, and is this device connected?',
    broken: 'Something went wrong in this page.',
    title: 'That did not work',
    request: (id: string) => `In the log this request is called ${id}.`,
    kinds: {
      'not-found': 'It is not there (any more), or lies outside of what you may see.',
      'not-allowed': 'Your role does not allow this.',
      'not-signed-in': 'You are not signed in, or what you typed is wrong.',
      'no-key': 'You are not signed in.',
      'code-needed': 'Your second factor is needed.',
      'too-many-guesses': 'Too many tries. Wait a little before the next one.',
      conflict: 'Somebody or something was faster.',
      'invalid-input': 'Something that was entered cannot be used.',
      'too-large': 'It is too large.',
      'storage-full': 'The disk of the service is full.',
      'unreadable-media': 'This file cannot be played.',
      'unsupported-media': 'This kind of file is not taken.',
      'stream-lost': 'The camera shows nothing at the moment.',
    },
  },
  fr: {
    unreachable: 'Le service ne répond pas. Est-il démarré, et cet appareil est-il connecté ?',
    broken: 'Un problème est survenu dans cette page.',
    title: 'Cela n’a pas fonctionné',
    request: (id: string) => `Dans le journal, cette requête s’appelle ${id}.`,
    kinds: {
      'not-found': 'Introuvable, ou en dehors de ce que vous pouvez voir.',
      'not-allowed': 'Votre rôle ne le permet pas.',
      'not-signed-in': 'Vous n’êtes pas connecté, ou la saisie est fausse.',
      'no-key': 'Vous n’êtes pas connecté.',
      'code-needed': 'Votre second facteur est nécessaire.',
      'too-many-guesses': 'Trop d’essais. Attendez un peu avant le prochain.',
      conflict: 'Quelqu’un ou quelque chose a été plus rapide.',
      'invalid-input': 'Une des valeurs saisies ne peut pas être utilisée.',
      'too-large': 'C’est trop grand.',
      'storage-full': 'Le disque du service est plein.',
      'unreadable-media': 'Ce fichier ne peut pas être lu.',
      'unsupported-media': 'Ce type de fichier n’est pas accepté.',
      'stream-lost': 'La caméra ne montre rien en ce moment.',
    },
  },
})

interface Said {
  /** What happened, in the reader's language. */
  summary: string
  /** What the service says of it: in English, with what it is about. */
  detail: string | undefined
  requestId: string | undefined
}

export function describeError(error: unknown, words: (typeof problemWords)['en']): Said {
  if (error instanceof Unreachable) return { summary: words.unreachable, detail: undefined, requestId: undefined }
  if (!(error instanceof ApiProblem)) return { summary: words.broken, detail: undefined, requestId: undefined }
  const kinds: Readonly<Record<string, string>> = words.kinds
  const { detail, request_id: requestId } = error.problem
  const summary = kinds[error.kind]
  return summary ? { summary, detail, requestId } : { summary: detail, detail: undefined, requestId }
}
