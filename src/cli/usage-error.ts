/**
 * Options that do not go together; a message for the user.
 */
export class UsageError extends Error {}
