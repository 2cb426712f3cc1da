// SPDX-License-Identifier: LicenseRef-Project
// The project that the pages show. It comes from the frame around them, not from the session: when
// the session ends, pages that are about to go still have their project.
import { createContext, useContext } from 'react';
import type { Team } from './types';

export const ProjectContext = createContext<Team | null>(null);

/** Only for components below the signed-in frame. */
export function useProject(): Team {
  const project = useContext(ProjectContext);
  if (project === null) {
    throw new Error('useProject needs a ProjectContext');
  }
  return project;
}
