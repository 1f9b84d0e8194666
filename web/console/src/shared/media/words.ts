import { catalogue } from '@/shared/words/catalogue'

export const words = catalogue({
  en: {
    opening: 'The footage is being opened.',
    coding: 'The footage is being coded for this browser. That is done once; it plays as soon as it is there.',
    cannotPlay: 'This browser cannot play the footage.',
    download: 'Download it',
  },
  fr: {
    opening: 'Ouverture de la séquence.',
    coding:
      'La séquence est convertie pour ce navigateur. Cela se fait une seule fois ; elle démarre dès qu’elle est prête.',
    cannotPlay: 'Ce navigateur ne peut pas lire la séquence.',
    download: 'La télécharger',
  },
})
