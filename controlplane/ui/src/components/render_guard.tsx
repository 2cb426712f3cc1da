// SPDX-License-Identifier: LicenseRef-Project
// Keeps a page that fails to draw (or to load, after an update) from taking the frame with it.
import { Component, type ReactNode } from 'react';
import { ErrorState } from './error_state';

interface RenderGuardState {
  error: Error | null;
}

export class RenderGuard extends Component<{ children: ReactNode }, RenderGuardState> {
  override state: RenderGuardState = { error: null };

  static getDerivedStateFromError(error: unknown): RenderGuardState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) {
      return this.props.children;
    }
    return (
      <ErrorState
        error={error}
        title="This page failed"
        onRetry={() => window.location.reload()}
      />
    );
  }
}
