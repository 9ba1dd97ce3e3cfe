// A secret is encrypted in the browser to the server's public key; what is typed never enters a message.
// Scheme "workbench sealed secret v1": ephemeral P-256 ECDH, HKDF-SHA256, AES-256-GCM.
// WebCrypto exists on HTTPS pages and on localhost only: https://www.w3.org/TR/WebCryptoAPI/

const bytes = (text) => new TextEncoder().encode(text);

/** Why nothing was sent; `reason` names one of the field's words. */
export class NotSealed extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

function encoded(buffer) {
  const text = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decoded(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** Return the sealed box `{v, epk, iv, ct}` of `text` for `publicKey` (raw uncompressed point, base64url). */
export async function seal(publicKey, text) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) throw new NotSealed("insecure");
  if (!publicKey) throw new NotSealed("keyless");
  try {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const server = await subtle.importKey("raw", decoded(publicKey), curve, false, []);
    const pair = await subtle.generateKey(curve, false, ["deriveBits"]);
    const shared = await subtle.deriveBits({ name: "ECDH", public: server }, pair.privateKey, 256);
    const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const key = await subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: bytes("workbench sealed secret v1") },
      material,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt"],
    );
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const ct = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes("workbench") }, key, bytes(text));
    return { v: 1, epk: encoded(await subtle.exportKey("raw", pair.publicKey)), iv: encoded(iv), ct: encoded(ct) };
  } catch {
    // The cause may quote what was encrypted; only the fact is passed on.
    throw new NotSealed("failed");
  }
}
