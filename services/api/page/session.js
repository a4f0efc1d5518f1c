// Who one is, and the dialog for a token. The page keeps no token: the API sets a cookie that no script can read.

import * as api from "./client.js";

const NOBODY = { name: null, role: null, may: [], tokens: true, oidc: false };

export class Session {
  constructor({ button, dialog, onChange }) {
    this.me = NOBODY;
    this.button = button;
    this.dialog = dialog;
    this.onChange = onChange;
    this.field = dialog.querySelector("input");
    this.said = dialog.querySelector("[role=alert]");
    button.addEventListener("click", () => (this.me.name ? this.signOut() : this.ask()));
  }

  /** Takes the token that the address brings along, off the address too, and asks who one is. */
  async begin() {
    const brought = /^#token=(.+)$/.exec(location.hash);
    if (brought) {
      history.replaceState(null, "", location.pathname + location.search);
      if (await this.signIn(brought[1])) return;
    }
    await api.session().then((me) => this._set(me), () => this._set(NOBODY));
    if (brought) await this.ask();
  }

  /** Why one may not change alerts, null where one may. */
  get refusal() {
    const { name, role, may, tokens, oidc } = this.me;
    if (may.includes("change_state")) return null;
    if (name) return `${name} may read alerts, not act on them (role: ${role}).`;
    return tokens || oidc ? "Sign in to act on alerts." : "Nobody may act on alerts: this API has no tokens.";
  }

  /** Whether signing in is possible and would change something. */
  get open() {
    return (this.me.tokens || this.me.oidc) && !this.me.name;
  }

  /** Asks for a token until it is known or one gives up; whether one is signed in then. */
  async ask() {
    if (this.dialog.open) return false;
    for (;;) {
      const given = await this._given();
      if (!given) return false;
      if (await this.signIn(given)) return true;
    }
  }

  async signIn(token) {
    try {
      this._set(await api.signIn(token));
      this.said.textContent = "";
      return true;
    } catch (error) {
      this.said.textContent = error.message;
      return false;
    }
  }

  async signOut() {
    await api.signOut().then((me) => this._set(me), () => {});
  }

  _given() {
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => {
        const given = this.dialog.returnValue === "ok" ? this.field.value.trim() : "";
        this.field.value = "";
        if (!given) this.said.textContent = "";
        resolve(given);
      }, { once: true });
    });
  }

  _set(me) {
    this.me = me;
    this.button.hidden = !me.tokens && !me.oidc;
    this.dialog.querySelector(".team").hidden = !me.oidc;
    this.dialog.querySelector(".by-token").hidden = !me.tokens;
    this.button.textContent = me.name ? `Sign out ${me.name}` : "Sign in";
    this.button.title = me.name ? `${me.name}, ${me.role}` : "";
    this.onChange();
  }
}
