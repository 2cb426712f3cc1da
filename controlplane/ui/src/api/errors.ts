// SPDX-License-Identifier: LicenseRef-Project
// The one error type of the API client, built from the server's `{type, code, detail, attr}` body.

/** A request that the server answered with an error, or that never reached it (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly attribute: string | null;

  constructor(status: number, code: string, detail: string, attribute: string | null) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.attribute = attribute;
  }
}

interface ErrorBody {
  code?: unknown;
  detail?: unknown;
  attr?: unknown;
}

function defaultDetail(status: number): string {
  if (status === 429) {
    return 'Too many queries at once. Try again in a moment.';
  }
  if (status >= 500) {
    return `The server failed to answer (status ${status}).`;
  }
  return `The request was refused (status ${status}).`;
}

/** Reads an error body of any shape; a body that is not JSON still gives a readable error. */
export function errorFromBody(status: number, text: string): ApiError {
  let body: ErrorBody = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      body = parsed;
    }
  } catch {
    body = {};
  }
  const detail = typeof body.detail === 'string' ? body.detail : defaultDetail(status);
  const code = typeof body.code === 'string' ? body.code : 'error';
  return new ApiError(status, code, detail, typeof body.attr === 'string' ? body.attr : null);
}

/** What to show for anything that was thrown. */
export function errorDetail(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
