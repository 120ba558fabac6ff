/** What stands before a container's name: apart from what opens one, which is loaded when it is asked for. */
export const CONTAINER_PREFIX = 'container:'
