import type { View } from './client'

type Ordered = Pick<View<'CameraView'>, 'position' | 'name'>

/** In the order that somebody gave them (`PUT /cameras/order`), those without a place behind, by name. */
export function sortCameras<Camera extends Ordered>(cameras: readonly Camera[]): Camera[] {
  const place = (camera: Camera) => camera.position ?? Number.POSITIVE_INFINITY
  return [...cameras].sort((one, other) =>
    place(one) === place(other) ? one.name.localeCompare(other.name) : place(one) - place(other),
  )
}
