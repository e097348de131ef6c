/*
 * What a page would load: the simulated world. The page provides `Buffer` as a global.
 */
export { World } from '../../src/platform/sim/world.js';
