import { expect, it } from 'vitest'
import { nameAddress } from './push'

it('calls an endpoint as the service does', async () => {
  // hashlib.sha256(b"https://push.example.net/push/abc").hexdigest()[:32]
  expect(await nameAddress('https://push.example.net/push/abc')).toBe('0b4920dcf44b957a7dcab786a03e1697')
})
