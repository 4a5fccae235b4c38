// The wallboard for a wall: six figures, the state of agents and who sells most, as the board says.

import { keep } from "./board.js";
import { showFigures, showGroups, showTop, showSources } from "./panels.js";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "");
const kept = keep(data, {
  show() {
    showFigures(kept.board.kpis);
    showGroups(kept.board.groups);
    showTop(kept.board.top, data.messages);
    showSources(kept.board.sources, data.messages);
  },
});
