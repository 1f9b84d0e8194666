/** What the service's content security policy lets style elements through by: some components write such. */
const found = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? ''

declare global {
  var __webpack_nonce__: string | undefined
}
// Where react-remove-scroll, which locks the page behind a dialog, looks for it.
globalThis.__webpack_nonce__ = found

export function nonce(): string {
  return found
}
