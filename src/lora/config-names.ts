/** @file What the config beside a LoRA's weights is called, the likelier name first. */

export const LORA_CONFIGS: readonly string[] = ['adapter_config.json', 'lora_config.json'];
