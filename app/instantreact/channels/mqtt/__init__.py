"""MQTT: alerts as messages of a broker, and cameras and alerts in Home Assistant by its discovery."""
