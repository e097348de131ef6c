/**
 * Imported for its effect: a promise that rejects and that nobody handles fails the test that is running. Mocha passes
 * such rejections on to other listeners, and without one nobody hears of them.
 */
process.on('unhandledRejection', (reason) => {
  throw reason;
});
