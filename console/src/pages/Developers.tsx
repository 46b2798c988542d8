export default function Developers(_: Record<string, unknown>) { return null; }
