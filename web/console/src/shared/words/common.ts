import { catalogue } from './catalogue'

/** What several features say. */
export const common = catalogue({
  en: {
    cancel: 'Cancel',
    close: 'Close',
    save: 'Save',
    remove: 'Remove',
    retry: 'Try again',
    loading: 'Loading',
    more: 'More',
    back: 'Back',
    nothing: 'Nothing here yet',
    unknown: 'unknown',
    severity: { info: 'Info', warning: 'Warning', critical: 'Critical' },
    state: { raised: 'Open', acknowledged: 'Acknowledged', dismissed: 'False alarm' },
    noPicture: 'No picture',
    pictureOf: (what: string) => `Picture: ${what}`,
    notAllowed: 'Your role may look at this, not change it.',
  },
  fr: {
    cancel: 'Annuler',
    close: 'Fermer',
    save: 'Enregistrer',
    remove: 'Supprimer',
    retry: 'Réessayer',
    loading: 'Chargement',
    more: 'Plus',
    back: 'Retour',
    nothing: 'Rien ici pour le moment',
    unknown: 'inconnu',
    severity: { info: 'Information', warning: 'Avertissement', critical: 'Critique' },
    state: { raised: 'À traiter', acknowledged: 'Prise en charge', dismissed: 'Fausse alerte' },
    noPicture: 'Pas d’image',
    pictureOf: (what: string) => `Image : ${what}`,
    notAllowed: 'Votre rôle permet de voir ceci, pas de le modifier.',
  },
})
