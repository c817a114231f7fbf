{{ stage('temp_log') }}
