import { catalogue } from '@/shared/words/catalogue'

export const words = catalogue({
  en: {
    signIn: 'Sign in',
    name: 'Name',
    password: 'Password',
    code: 'Code of your app, or a recovery code',
    elsewhere: 'Sign in with your organisation',
    setUp: 'Set up InstantReact',
    setUpWhy:
      'Nobody administers this service yet. Whoever started it reads a code in the terminal: it makes you the first administrator.',
    setupCode: 'Set-up code',
    setupCodeHint: 'As the terminal shows it; good once, for an hour after the start.',
    passwordHint: 'At least ten characters; several words are easy to remember.',
    make: 'Become administrator',
  },
  fr: {
    signIn: 'Se connecter',
    name: 'Nom',
    password: 'Mot de passe',
    code: 'Code de votre application, ou code de secours',
    elsewhere: 'Se connecter avec votre organisation',
    setUp: 'Installer InstantReact',
    setUpWhy:
      'Personne n’administre encore ce service. Celui qui l’a démarré lit un code dans le terminal : il fait de vous le premier administrateur.',
    setupCode: 'Code d’installation',
    setupCodeHint: 'Tel que le terminal l’affiche ; valable une fois, pendant une heure après le démarrage.',
    passwordHint: 'Au moins dix caractères ; plusieurs mots se retiennent facilement.',
    make: 'Devenir administrateur',
  },
})
